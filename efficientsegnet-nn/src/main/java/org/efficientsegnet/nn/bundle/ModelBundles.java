// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipException;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.CalibrationFile;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanFile;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;
import org.efficientsegnet.parallel.Background;
import org.efficientsegnet.spi.ModelBundleSource;

/**
 * Reads and writes model bundles. Stateless and thread-safe.
 *
 * <p>A bundle is read whole and checked against its sizes and checksums; a zip file is never unpacked onto the disk. A
 * link or a name that leads out of the bundle, a file that is there twice, and content that would take more memory than
 * weights do are refused.
 */
public final class ModelBundles implements ModelBundleSource {

    private static final Logger LOG = System.getLogger(ModelBundles.class.getName());

    /** The file with the coarse network's compiled plan. */
    static final String COARSE_PLAN = "coarse.plan.json";

    /** The file with the fine network's compiled plan. */
    static final String FINE_PLAN = "fine.plan.json";

    /** The file with what 8 bits have to hold in the coarse network. */
    static final String COARSE_CALIBRATION = "coarse.calibration.json";

    /** The file with what 8 bits have to hold in the fine network. */
    static final String FINE_CALIBRATION = "fine.calibration.json";

    /** The file in which a bundle tells people what it is; read whether or not {@code model.json} lists it. */
    public static final String CARD = "MODEL_CARD.md";

    private static final int MOST_TEXT_BYTES = 1 << 20;
    private static final String PRETRAINED = "/org/efficientsegnet/nn/pretrained";
    private static final String DAMAGED = "get the bundle again";

    /** The bits of infinity, beyond which lies NaN. */
    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    /** For {@link java.util.ServiceLoader} and for everyone else. */
    public ModelBundles() {}

    /** @throws MalformedFileException if it is not a bundle, or one that does not match its checksums */
    @Override
    public FileModelBundle read(Path bundle) throws IOException {
        try (BundleFiles files = BundleFiles.of(bundle)) {
            return read(files);
        } catch (ZipException | EOFException e) {
            throw new MalformedFileException(
                    bundle.getFileName().toString(), "zip entries", "the archive is damaged", DAMAGED, e);
        }
    }

    @Override
    public FileModelBundle pretrained() throws IOException {
        try (BundleFiles files = new BundleFiles.InClassPath("pretrained", PRETRAINED)) {
            return read(files);
        }
    }

    /**
     * Writes a bundle, which appears whole or not at all. Where ND4J is on the class path, networks without a plan are
     * compiled first; where it is not, a bundle without plans is written with a warning to the log, since a program like
     * this one cannot run it.
     *
     * @param target a zip file if the name ends in {@code .zip}, which is replaced; else a directory, which must not be
     *     there yet
     * @param dtype how the weights are stored: F32, F16 or BF16, the latter two rounded to the nearest
     * @throws java.nio.file.FileAlreadyExistsException if the directory is there
     * @throws IllegalArgumentException if the type is none of the three, or a weight is too large for it
     */
    public static void write(Path target, FileModelBundle bundle, DType dtype) throws IOException {
        if (PlanCompilation.isPossible()) {
            bundle = bundle.withPlans();
        } else if (bundle.coarse().plan().isEmpty() || bundle.fine().plan().isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "the bundle " + target + " is written without compiled plans, which ND4J would make: this program"
                            + " cannot run it; add org.efficientsegnet:efficientsegnet-training (type pom)");
        }
        BundleWriter.write(target, bundle, dtype);
    }

    static FileModelBundle read(BundleFiles files) throws IOException {
        ModelJson json = ModelJson.parse(files.name(), readText(files, ModelJson.FILE));
        // The fine network has most of the weights; the rest is read beside it.
        Background<WeightedNetwork> reading = Background.start(() -> network(files, "fine", json.fine()));
        WeightedNetwork coarse;
        Map<String, byte[]> extras = new TreeMap<>();
        try {
            coarse = network(files, "coarse", json.coarse());
            for (Map.Entry<String, ModelJson.Extra> entry : json.extras().entrySet()) {
                extras.put(entry.getKey(), extra(files, entry.getKey(), entry.getValue()));
            }
            if (!extras.containsKey(CARD) && files.has(CARD)) {
                extras.put(CARD, readText(files, CARD));
            }
            Optional<Plan> coarsePlan = plan(files, COARSE_PLAN, json.coarse(), extras);
            coarse = coarsePlan.map(coarse::withPlan).orElse(coarse);
            coarse = calibrated(files, COARSE_CALIBRATION, json.coarse(), extras, coarse);
        } catch (IOException | RuntimeException | Error e) {
            reading.abandon(network -> {});
            throw e;
        }
        WeightedNetwork fine = reading.join(IOException.class);
        Optional<Plan> finePlan = plan(files, FINE_PLAN, json.fine(), extras);
        fine = finePlan.map(fine::withPlan).orElse(fine);
        fine = calibrated(files, FINE_CALIBRATION, json.fine(), extras, fine);
        return FileModelBundle.trusted(
                json.name() == null ? files.name() : json.name(),
                json.version(),
                json.pipeline(),
                coarse,
                fine,
                extras,
                json.coarse().weights().valuesSha256(),
                json.fine().weights().valuesSha256(),
                json.sizes());
    }

    private static Optional<Plan> plan(
            BundleFiles files, String file, NetworkConfiguration configuration, Map<String, byte[]> extras)
            throws MalformedFileException {
        byte[] plan = extras.remove(file);
        return plan == null
                ? Optional.empty()
                : Optional.of(PlanFile.fromBytes(
                        files.name() + "/" + file, plan, configuration.weights().sha256()));
    }

    private static WeightedNetwork calibrated(
            BundleFiles files,
            String file,
            NetworkConfiguration configuration,
            Map<String, byte[]> extras,
            WeightedNetwork network)
            throws MalformedFileException {
        byte[] calibration = extras.remove(file);
        if (calibration == null) {
            return network;
        }
        String sha256 = configuration.weights().sha256();
        return network.withCalibration(CalibrationFile.fromBytes(files.name() + "/" + file, calibration, sha256));
    }

    /** A file that no checksum is known of. */
    private static byte[] readText(BundleFiles files, String file) throws IOException {
        try (BundleFiles.Opened opened = files.open(file)) {
            byte[] text = opened.in().readNBytes(MOST_TEXT_BYTES + 1);
            if (text.length > MOST_TEXT_BYTES) {
                throw new MalformedFileException(
                        files.name(), file, "it is longer than the limit of " + MOST_TEXT_BYTES + " bytes", DAMAGED);
            }
            return text;
        }
    }

    private static WeightedNetwork network(BundleFiles files, String which, NetworkConfiguration network)
            throws IOException {
        NetworkConfiguration.WeightsFile file = network.weights();
        Weights weights;
        try (BundleFiles.Opened opened = files.open(file.name())) {
            requireLength(files, file.name(), file.bytes(), opened.length());
            Safetensors content = checked(files, file, opened);
            for (String name : content.names()) {
                if (content.dtype(name) != file.dtype()) {
                    throw new MalformedFileException(
                            files.name() + "/" + file.name(),
                            name,
                            "it is " + content.dtype(name) + ", " + ModelJson.FILE + " says " + file.dtype(),
                            DAMAGED);
                }
            }
            weights = content.weights();
        }
        NetworkSpec spec = network.spec();
        WeightsReport report = WeightsReport.compare(spec.parameterShapes(), weights);
        if (!report.fits()) {
            throw new MalformedFileException(
                    files.name() + "/" + file.name(),
                    "tensors",
                    report.toString(),
                    "correct what " + ModelJson.FILE + " says of the " + which + " network, or get the bundle again");
        }
        requireFinite(files.name() + "/" + file.name(), weights);
        return new WeightedNetwork(FileModelBundle.title(which, spec, weights), spec, network.inputSize(), weights);
    }

    /**
     * Reads weights and checks their sum: that which {@code model.json} names, or for a file of the library's own jar that
     * which the jar names, since it takes a tenth of the time and the jar's code is believed too.
     */
    private static Safetensors checked(
            BundleFiles files, NetworkConfiguration.WeightsFile file, BundleFiles.Opened opened) throws IOException {
        String name = files.name() + "/" + file.name();
        if (opened.crc().isPresent()) {
            CheckedInputStream in = new CheckedInputStream(opened.in(), new CRC32());
            Safetensors content = Safetensors.read(name, in, file.bytes());
            long found = in.getChecksum().getValue();
            if (found != opened.crc().getAsLong()) {
                throw new MalformedFileException(
                        files.name(),
                        file.name(),
                        String.format(
                                "its CRC-32 is %08x, the jar says %08x",
                                found, opened.crc().getAsLong()),
                        "get the jar again");
            }
            return content;
        }
        DigestInputStream in = new DigestInputStream(opened.in(), Sha256.digest());
        Safetensors content = Safetensors.read(name, in, file.bytes());
        requireSum(files, file.name(), file.sha256(), Sha256.hex(in.getMessageDigest()));
        return content;
    }

    private static byte[] extra(BundleFiles files, String name, ModelJson.Extra extra) throws IOException {
        try (BundleFiles.Opened opened = files.open(name)) {
            requireLength(files, name, extra.bytes(), opened.length());
            byte[] bytes = opened.in().readNBytes((int) extra.bytes());
            requireLength(files, name, extra.bytes(), bytes.length);
            requireSum(files, name, extra.sha256(), Sha256.of(bytes));
            return bytes;
        }
    }

    private static void requireLength(BundleFiles files, String name, long expected, long found)
            throws MalformedFileException {
        if (expected != found) {
            throw new MalformedFileException(
                    files.name(), name, "it has " + found + " bytes, " + ModelJson.FILE + " says " + expected, DAMAGED);
        }
    }

    private static void requireSum(BundleFiles files, String name, String expected, String found)
            throws MalformedFileException {
        if (!expected.equals(found)) {
            throw new MalformedFileException(
                    files.name(),
                    name,
                    "its SHA-256 is " + found + ", " + ModelJson.FILE + " says " + expected,
                    DAMAGED);
        }
    }

    /** A network with a NaN in it would quietly find nothing. */
    private static void requireFinite(String file, Weights weights) throws MalformedFileException {
        for (Map.Entry<String, Tensor> entry : weights.tensors().entrySet()) {
            int largest = 0;
            for (float value : entry.getValue().values()) {
                largest = Math.max(largest, Float.floatToRawIntBits(value) & Integer.MAX_VALUE);
            }
            if (largest >= INFINITY) {
                throw new MalformedFileException(
                        file, entry.getKey(), "a value is infinite or not a number", "train or convert it again");
            }
        }
    }
}
