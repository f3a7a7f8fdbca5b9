// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import org.efficientsegnet.nn.train.run.SizeStage;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size and how long it is trained on: {@code 96:60} is 96³ for 60 epochs, {@code 64x96x96:60} z, y, x. */
final class SizeStageConverter implements ITypeConverter<SizeStage> {

    @Override
    public SizeStage convert(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 2) {
            throw new TypeConversionException("\"" + text + "\" is not SIZE:EPOCHS, such as 96:60");
        }
        try {
            return new SizeStage(
                    new ShapeConverter().convert(parts[0].replace('x', ',')), Integer.parseInt(parts[1].strip()));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("\"" + text + "\" is not SIZE:EPOCHS, such as 96:60: " + e.getMessage());
        }
    }
}
