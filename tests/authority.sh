#!/usr/bin/env bash
# Makes a certification authority with five time-stamping authorities in a folder, by openssl. For tests only: keys lie in the
# open. Then FOLDER/stamp NAME QUERY REPLY answers a request as NAME.
#
#   tests/authority.sh FOLDER
#
#   one      RSA-2048, certified by the root's RSA-PSS signature
#   two      ECDSA P-384
#   brief    ECDSA P-256; its certificate ends in 90 days
#   expired  its certificate ended in 2020
#   revoked  its certificate was revoked for key compromise: crl.pem says so
set -euo pipefail

folder=${1:?a folder}
mkdir -p "$folder"
cd "$folder"
mkdir -p issued
: >index.txt
echo 01 >serial
echo 01 >crlnumber
echo 01 >ts-serial

cat >ca.cnf <<'END'
[ca]
default_ca = authority
[authority]
dir = .
database = ./index.txt
serial = ./serial
crlnumber = ./crlnumber
new_certs_dir = ./issued
certificate = ./root.pem
private_key = ./root.key
default_md = sha256
default_crl_days = 365
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = Example Root
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[clock]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
[tsa]
default_tsa = clock_service
[clock_service]
serial = ./ts-serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
END

openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 7300 -config ca.cnf -extensions root \
    -sha256 2>/dev/null

issue() { # NAME KEY-OPTIONS... -- CA-OPTIONS...
    local name=$1
    shift
    local key=()
    while [[ $1 != -- ]]; do key+=("$1") && shift; done
    shift
    openssl genpkey "${key[@]}" -out "$name.key" 2>/dev/null
    openssl req -new -key "$name.key" -subj "/O=Example/CN=Clock $name" -out "$name.csr" -config ca.cnf
    openssl ca -batch -notext -config ca.cnf -extensions clock -in "$name.csr" -out "$name.pem" "$@" 2>/dev/null
}

issue one -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -- -days 3650 -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:32
issue two -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -- -days 3650
issue brief -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -- -days 90
issue expired -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -- -startdate 20190101000000Z -enddate 20200101000000Z
issue revoked -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -- -days 3650
openssl ca -config ca.cnf -gencrl -out none-revoked.pem 2>/dev/null
openssl ca -config ca.cnf -revoke revoked.pem -crl_reason keyCompromise 2>/dev/null
openssl ca -config ca.cnf -gencrl -out crl.pem 2>/dev/null

cat >stamp <<'END'
#!/usr/bin/env bash
# stamp NAME QUERY REPLY [OPTION...]: answers as the authority NAME.
set -euo pipefail
query=$(realpath "$2")
reply=$(realpath -m "$3")
name=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
openssl ts -reply -config ca.cnf -queryfile "$query" -signer "$name.pem" -inkey "$name.key" -out "$reply" "${@:4}" 2>/dev/null
END
chmod +x stamp
