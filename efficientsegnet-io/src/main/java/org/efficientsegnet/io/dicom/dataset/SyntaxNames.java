// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.util.Map;

/** Names of transfer syntaxes that are refused, so that the refusal can name them. */
final class SyntaxNames {

    private static final String JPEG = "1.2.840.10008.1.2.4.";

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("1.2.840.113619.5.2", "GE Private Implicit VR Big Endian"),
            Map.entry(JPEG + "51", "JPEG Extended (Process 2 and 4)"),
            Map.entry(JPEG + "92", "JPEG 2000 Part 2 Multi-component (Lossless Only)"),
            Map.entry(JPEG + "93", "JPEG 2000 Part 2 Multi-component"),
            Map.entry(JPEG + "94", "JPIP Referenced"),
            Map.entry(JPEG + "95", "JPIP Referenced Deflate"),
            Map.entry(JPEG + "100", "MPEG2 Main Profile / Main Level"),
            Map.entry(JPEG + "101", "MPEG2 Main Profile / High Level"),
            Map.entry(JPEG + "102", "MPEG-4 AVC/H.264 High Profile"),
            Map.entry(JPEG + "107", "HEVC/H.265 Main Profile"),
            Map.entry(JPEG + "110", "JPEG XL Lossless"),
            Map.entry(JPEG + "111", "JPEG XL JPEG Recompression"),
            Map.entry(JPEG + "112", "JPEG XL"),
            Map.entry(JPEG + "201", "High-Throughput JPEG 2000 (Lossless Only)"),
            Map.entry(JPEG + "202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"),
            Map.entry(JPEG + "203", "High-Throughput JPEG 2000"));

    private SyntaxNames() {}

    /** The name and the identifier, or the identifier alone. */
    static String describe(String uid) {
        String name = NAMES.get(uid);
        return name == null ? uid : name + " (" + uid + ")";
    }
}
