// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.network.NetworkFamily;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Shape;

/**
 * A model bundle as {@link ModelBundles} reads and writes it. Immutable and thread-safe; holds the weights of both
 * networks as 32-bit floats.
 *
 * <p>Its identity's SHA-256 is over what it computes: the pipeline and both networks as canonical JSON, then the sums
 * over both networks' weights as floats. The same weights in another file format, under another name, or with further
 * files beside them are the same model; other input sizes make another one.
 */
public final class FileModelBundle implements ModelBundle {

    private static final int VERSION_DIGITS = 12;

    private final String name;
    private final String version;
    private final PipelineSpec pipeline;
    private final WeightedNetwork coarse;
    private final WeightedNetwork fine;
    private final Map<String, byte[]> extras;
    private final WeightsSum coarseSum;
    private final WeightsSum fineSum;
    private final InputSizes sizes;

    /** The sum over weights, made once it is asked for: it takes longer than some runs that never ask. */
    private static final class WeightsSum {
        private final Weights weights;
        private byte[] sum;

        /** @param known 64 hexadecimal digits; null if it is to be found */
        WeightsSum(Weights weights, String known) {
            this.weights = weights;
            this.sum = known == null ? null : HexFormat.of().parseHex(known);
        }

        synchronized byte[] get() {
            if (sum == null) {
                sum = WeightsDigest.of(weights);
            }
            return sum;
        }
    }

    private FileModelBundle(
            String name,
            String version,
            PipelineSpec pipeline,
            WeightedNetwork coarse,
            WeightedNetwork fine,
            Map<String, byte[]> extras,
            WeightsSum coarseSum,
            WeightsSum fineSum,
            InputSizes sizes) {
        this.name = Objects.requireNonNull(name, "name");
        this.version = version;
        this.pipeline = pipeline;
        this.coarse = coarse;
        this.fine = fine;
        this.extras = extras;
        this.coarseSum = coarseSum;
        this.fineSum = fineSum;
        this.sizes = sizes;
    }

    /**
     * A bundle of two networks.
     *
     * @param name the bundle's name
     * @param version its version; null for the first digits of its SHA-256
     * @param pipeline what surrounds the networks
     * @param coarse finds the region in the whole volume
     * @param fine segments the region
     * @throws IllegalArgumentException if a network's weights are not its own, or it has not one input channel and one
     *     output a label
     */
    public static FileModelBundle of(
            String name, String version, PipelineSpec pipeline, WeightedNetwork coarse, WeightedNetwork fine) {
        requireFit("coarse", coarse, pipeline);
        requireFit("fine", fine, pipeline);
        return trusted(
                name,
                version,
                pipeline,
                coarse,
                fine,
                Map.of(),
                null,
                null,
                new InputSizes(coarse.inputSize(), fine.inputSize(), List.of()));
    }

    /**
     * As {@link #of}, with further files, for networks that have been checked.
     *
     * @param coarseSum the sum over the coarse network's weights, 64 hexadecimal digits; null if it is not known
     * @param fineSum that over the fine network's
     */
    static FileModelBundle trusted(
            String name,
            String version,
            PipelineSpec pipeline,
            WeightedNetwork coarse,
            WeightedNetwork fine,
            Map<String, byte[]> extras,
            String coarseSum,
            String fineSum,
            InputSizes sizes) {
        return new FileModelBundle(
                name,
                version,
                pipeline,
                coarse,
                fine,
                new TreeMap<>(extras),
                new WeightsSum(coarse.weights(), coarseSum),
                new WeightsSum(fine.weights(), fineSum),
                sizes);
    }

    private static void requireFit(String which, WeightedNetwork network, PipelineSpec pipeline) {
        NetworkSpec spec = network.spec();
        if (spec.inputChannels() != 1) {
            throw new IllegalArgumentException(
                    "the " + which + " network takes " + spec.inputChannels() + " channels, a scan has one");
        }
        if (spec.classes() != pipeline.labels().size()) {
            throw new IllegalArgumentException("the " + which + " network has " + spec.classes() + " classes for "
                    + pipeline.labels().size() + " labels");
        }
        WeightsReport report = WeightsReport.compare(spec.parameterShapes(), network.weights());
        if (!report.fits()) {
            throw new IllegalArgumentException("the " + which + " network: " + report);
        }
    }

    /** How messages call a network: {@code fine (EfficientSegNet, 9,366,016 parameters)}. */
    static String title(String which, NetworkSpec spec, Weights weights) {
        return String.format(
                Locale.ROOT,
                "%s (%s, %,d parameters)",
                which,
                NetworkFamily.publishedNameOf(spec),
                weights.parameters());
    }

    @Override
    public ModelIdentity identity() {
        MessageDigest digest = Sha256.digest();
        digest.update(configuration(null, null).canonical());
        digest.update(coarseSum.get());
        digest.update(fineSum.get());
        String sum = Sha256.hex(digest);
        return new ModelIdentity(name, version == null ? sum.substring(0, VERSION_DIGITS) : version, sum);
    }

    @Override
    public PipelineSpec pipeline() {
        return pipeline;
    }

    @Override
    public WeightedNetwork coarse() {
        return coarse;
    }

    @Override
    public WeightedNetwork fine() {
        return fine;
    }

    @Override
    public List<String> remarks() {
        return sizes.remarks(coarse.inputSize(), fine.inputSize());
    }

    /** A further file of the bundle; a copy of its bytes. */
    public Optional<byte[]> extra(String file) {
        return Optional.ofNullable(extras.get(file)).map(byte[]::clone);
    }

    /**
     * The same bundle with a further file.
     *
     * @param file a plain name: letters, digits, point, hyphen and underscore
     * @param content at most 16 MiB
     * @throws IllegalArgumentException if the name is none or the content too long
     */
    FileModelBundle withExtra(String file, byte[] content) {
        if (!ModelJson.isPlainName(file)) {
            throw new IllegalArgumentException("\"" + file + "\" is not a plain file name");
        }
        Map<String, byte[]> more = new TreeMap<>(extras);
        more.put(file, content.clone());
        if (more.values().stream().mapToLong(bytes -> bytes.length).sum() > ModelJson.MOST_EXTRA_BYTES) {
            throw new IllegalArgumentException(file + ": all further files together may hold 16 MiB");
        }
        return new FileModelBundle(name, version, pipeline, coarse, fine, more, coarseSum, fineSum, sizes);
    }

    /**
     * The same networks for inputs of other sizes; weights are shared. They can take other sizes, but are less accurate
     * there, which the new bundle's {@link #remarks} say.
     *
     * @param coarseSize the coarse network's input, z, y, x
     * @param fineSize the fine network's input, z, y, x
     * @throws IllegalArgumentException if a network cannot take its size, with the remedy
     */
    public FileModelBundle withInputSizes(Shape coarseSize, Shape fineSize) {
        return new FileModelBundle(
                name,
                version,
                pipeline,
                coarse.withInputSize(coarseSize),
                fine.withInputSize(fineSize),
                extras,
                coarseSum,
                fineSum,
                sizes);
    }

    /**
     * The same networks with their compiled plans, so that they run where ND4J is left out; needs ND4J. A bundle that is
     * written keeps the plans.
     *
     * @throws org.efficientsegnet.SegmentationException if a network cannot be compiled, with the reason
     */
    public FileModelBundle withPlans() {
        return new FileModelBundle(
                name,
                version,
                pipeline,
                coarse.withPlan(PlanCompilation.planOf(coarse)),
                fine.withPlan(PlanCompilation.planOf(fine)),
                extras,
                coarseSum,
                fineSum,
                sizes);
    }

    /**
     * The same networks, calibrated, so that they can run in 8 bits. A bundle that is written keeps the calibrations.
     *
     * @param coarse how large the coarse network's feature maps get
     * @param fine how large the fine network's feature maps get
     */
    public FileModelBundle withCalibrations(Calibration coarse, Calibration fine) {
        return new FileModelBundle(
                name,
                version,
                pipeline,
                this.coarse.withCalibration(coarse),
                this.fine.withCalibration(fine),
                extras,
                coarseSum,
                fineSum,
                sizes);
    }

    Map<String, byte[]> extras() {
        return extras;
    }

    /** What {@code model.json} says of this bundle once its weights lie in files. */
    ModelJson configuration(NetworkConfiguration.WeightsFile coarseFile, NetworkConfiguration.WeightsFile fineFile) {
        return configuration(coarseFile, fineFile, extras);
    }

    /** The same with these further files. */
    ModelJson configuration(
            NetworkConfiguration.WeightsFile coarseFile,
            NetworkConfiguration.WeightsFile fineFile,
            Map<String, byte[]> further) {
        Map<String, ModelJson.Extra> files = new TreeMap<>();
        further.forEach((file, bytes) -> files.put(file, new ModelJson.Extra(bytes.length, Sha256.of(bytes))));
        return new ModelJson(
                name,
                version,
                pipeline,
                new NetworkConfiguration(coarse.spec(), coarse.inputSize(), coarseFile, pipeline.coarseMinimumMm3()),
                new NetworkConfiguration(fine.spec(), fine.inputSize(), fineFile, pipeline.fineMinimumMm3()),
                files,
                sizes);
    }
}
