// Bouncy Castle as the judge of evidence records (RFC 4998): exit status 0 where each record given is about the object.
//
//   java -cp /usr/share/java/bcpkix.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar Evidence.java OBJECT RECORD...
import java.io.File;
import java.io.FileInputStream;
import java.nio.file.Files;
import java.util.Date;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;

public class Evidence {
    public static void main(String[] args) throws Exception {
        var object = new ERSByteData(Files.readAllBytes(new File(args[0]).toPath()));
        var digests = new JcaDigestCalculatorProviderBuilder().build();
        for (int at = 1; at < args.length; at++) {
            var record = new ERSEvidenceRecord(new FileInputStream(args[at]), digests);
            // The newest token's signature, by the certificate in it; then the hash trees and renewals.
            record.validate(new JcaSimpleSignerInfoVerifierBuilder().build(record.getSigningCertificate()));
            record.validatePresent(object, new Date());
            System.out.println(args[at] + ": holds");
        }
    }
}
