// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.format.FormatException;

/** A folder holds several CT volumes and none was chosen, or the chosen one is not there; the message lists them. */
public final class SeriesChoiceException extends FormatException {

    private static final long serialVersionUID = 1L;
    private static final int MOST_LISTED = 50;

    private final transient List<DicomSeries> series;

    SeriesChoiceException(Path folder, String found, String remedy, List<DicomSeries> series) {
        super(folder, "(0020,000e) Series Instance UID", found, remedy + list(series));
        this.series = List.copyOf(series);
    }

    /** What there is to choose from. */
    public List<DicomSeries> series() {
        return series;
    }

    private static String list(List<DicomSeries> series) {
        StringBuilder text = new StringBuilder();
        series.stream()
                .limit(MOST_LISTED)
                .forEach(s -> text.append(System.lineSeparator()).append("  ").append(s));
        if (series.size() > MOST_LISTED) {
            text.append(System.lineSeparator())
                    .append("  and ")
                    .append(series.size() - MOST_LISTED)
                    .append(" more");
        }
        return text.toString();
    }
}
