// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.plan.CalibrationFile;
import org.efficientsegnet.nn.plan.PlanFile;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.HalfPrecision;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/**
 * Writes bundles. Weights are encoded twice, once for their checksums, which come first, and once for the file: so no
 * copy of them is held.
 */
final class BundleWriter {

    private static final String COARSE = "coarse.safetensors";
    private static final String FINE = "fine.safetensors";
    private static final LocalDateTime ZIP_EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

    private BundleWriter() {}

    /** Length and sums of what is written to it, which goes nowhere else. */
    private static final class Measure extends OutputStream {
        private final MessageDigest digest = Sha256.digest();
        private final CRC32 crc = new CRC32();
        private long length;

        static Measure of(AtomicOutput.Body content) throws IOException {
            try (Measure measure = new Measure()) {
                content.write(measure);
                return measure;
            }
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) {
            digest.update(bytes, offset, count);
            crc.update(bytes, offset, count);
            length += count;
        }
    }

    static void write(Path target, FileModelBundle bundle, DType dtype) throws IOException {
        AtomicOutput.Body coarse = weights(bundle.coarse().weights(), dtype);
        AtomicOutput.Body fine = weights(bundle.fine().weights(), dtype);
        NetworkConfiguration.WeightsFile coarseFile =
                file(COARSE, dtype, coarse, bundle.coarse().weights());
        NetworkConfiguration.WeightsFile fineFile =
                file(FINE, dtype, fine, bundle.fine().weights());
        Map<String, byte[]> further = new TreeMap<>(bundle.extras());
        bundle.coarse()
                .plan()
                .ifPresent(plan -> further.put(ModelBundles.COARSE_PLAN, PlanFile.toBytes(plan, coarseFile.sha256())));
        bundle.fine()
                .plan()
                .ifPresent(plan -> further.put(ModelBundles.FINE_PLAN, PlanFile.toBytes(plan, fineFile.sha256())));
        bundle.coarse()
                .calibration()
                .ifPresent(calibration -> further.put(
                        ModelBundles.COARSE_CALIBRATION, CalibrationFile.toBytes(calibration, coarseFile.sha256())));
        bundle.fine()
                .calibration()
                .ifPresent(calibration -> further.put(
                        ModelBundles.FINE_CALIBRATION, CalibrationFile.toBytes(calibration, fineFile.sha256())));
        byte[] json = bundle.configuration(coarseFile, fineFile, further)
                .toBytes(
                        bundle.coarse().weights().parameters(),
                        bundle.fine().weights().parameters());
        Map<String, AtomicOutput.Body> files = new LinkedHashMap<>();
        files.put(ModelJson.FILE, out -> out.write(json));
        files.put(COARSE, coarse);
        files.put(FINE, fine);
        further.forEach((name, bytes) -> files.put(name, out -> out.write(bytes)));
        if (target.getFileName().toString().endsWith(".zip")) {
            AtomicOutput.write(target, out -> zip(files, out));
        } else {
            directory(files, target.toAbsolutePath());
        }
    }

    private static AtomicOutput.Body weights(Weights weights, DType dtype) {
        requireHeld(weights, dtype);
        return Safetensors.builder()
                .metadata("format", "pt")
                .addAll("", dtype, weights)
                .build()::writeTo;
    }

    private static void requireHeld(Weights weights, DType dtype) {
        for (Map.Entry<String, Tensor> entry : weights.tensors().entrySet()) {
            for (float value : entry.getValue().values()) {
                if (!Float.isFinite(value)) {
                    throw new IllegalArgumentException("the tensor " + entry.getKey() + " holds " + value
                            + ", of which no network computes anything; training went wrong, or the file is damaged");
                }
                if (!Float.isFinite(stored(value, dtype))) {
                    throw new IllegalArgumentException(
                            "the tensor " + entry.getKey() + " holds " + value + ", which " + dtype + " cannot hold");
                }
            }
        }
    }

    /** What a value is once it is read again. */
    private static float stored(float value, DType dtype) {
        return switch (dtype) {
            case F16 -> HalfPrecision.halfToFloat(HalfPrecision.floatToHalf(value));
            case BF16 -> HalfPrecision.bfloat16ToFloat(HalfPrecision.floatToBfloat16(value));
            default -> value;
        };
    }

    private static NetworkConfiguration.WeightsFile file(
            String name, DType dtype, AtomicOutput.Body content, Weights weights) throws IOException {
        Measure measure = Measure.of(content);
        String values = HexFormat.of().formatHex(WeightsDigest.of(weights, value -> stored(value, dtype)));
        return new NetworkConfiguration.WeightsFile(name, dtype, measure.length, Sha256.hex(measure.digest), values);
    }

    private static void directory(Map<String, AtomicOutput.Body> files, Path target) throws IOException {
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(
                    target.toString(), null, "delete it, or write the bundle under another name");
        }
        AtomicOutput.writeDirectory(target, files);
    }

    private static void zip(Map<String, AtomicOutput.Body> files, OutputStream out) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        for (Map.Entry<String, AtomicOutput.Body> entry : files.entrySet()) {
            Measure measure = Measure.of(entry.getValue());
            ZipEntry header = new ZipEntry(entry.getKey());
            // Weights do not compress; stored they are read at the speed of the disk.
            header.setMethod(ZipEntry.STORED);
            header.setSize(measure.length);
            header.setCrc(measure.crc.getValue());
            header.setTimeLocal(ZIP_EPOCH);
            zip.putNextEntry(header);
            entry.getValue().write(zip);
            zip.closeEntry();
        }
        zip.finish();
    }
}
