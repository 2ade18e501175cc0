// Bouncy Castle as the judge of evidence records (RFC 4998): exit status 0 where each record given is about the object.
//
//   java -cp /usr/share/java/bcpkix.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar Evidence.java OBJECT RECORD...
//
// With `-` alone it reads lines from its input, each an object, a tab and a record, and answers each with `holds` or
// `refused`.
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.util.Date;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;

public class Evidence {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("-")) {
            var asked = new BufferedReader(new InputStreamReader(System.in));
            for (var line = asked.readLine(); line != null; line = asked.readLine()) {
                System.out.println(holds(line.split("\t")) ? "holds" : "refused");
            }
            return;
        }
        for (int at = 1; at < args.length; at++) {
            check(args[0], args[at]);
            System.out.println(args[at] + ": holds");
        }
    }

    static boolean holds(String[] pair) {
        try {
            check(pair[0], pair[1]);
            return true;
        } catch (Exception | StackOverflowError | OutOfMemoryError wrong) {
            return false;
        }
    }

    static void check(String item, String evidence) throws Exception {
        var object = new ERSByteData(Files.readAllBytes(new File(item).toPath()));
        var digests = new JcaDigestCalculatorProviderBuilder().build();
        var record = new ERSEvidenceRecord(new FileInputStream(evidence), digests);
        // The newest token's signature, by the certificate in it; then the hash trees and renewals.
        record.validate(new JcaSimpleSignerInfoVerifierBuilder().build(record.getSigningCertificate()));
        record.validatePresent(object, new Date());
    }
}
