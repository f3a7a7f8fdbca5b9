// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import java.util.Arrays;
import org.efficientsegnet.volume.Shape;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the size of a network's input: {@code 96,192,192}, or {@code 160} for a cube. */
public final class ShapeConverter implements ITypeConverter<Shape> {

    @Override
    public Shape convert(String text) {
        try {
            int[] n = Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .mapToInt(Integer::parseInt)
                    .toArray();
            if (n.length == 1) {
                return Shape.cube(n[0]);
            }
            if (n.length == 3) {
                return new Shape(n[0], n[1], n[2]);
            }
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not a size: " + e.getMessage());
        }
        throw new TypeConversionException("'" + text + "' is not a size; give one number, or three as z,y,x");
    }
}
