package org.efficientsegnet.examples.train;

import org.efficientsegnet.volume.Shape;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code z,y,x}. */
final class ShapeConverter implements ITypeConverter<Shape> {

    @Override
    public Shape convert(String value) {
        String[] parts = value.split(",", -1);
        try {
            if (parts.length == 3) {
                return new Shape(
                        Integer.parseInt(parts[0].strip()),
                        Integer.parseInt(parts[1].strip()),
                        Integer.parseInt(parts[2].strip()));
            }
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + value + "' is not a size: " + e.getMessage());
        }
        throw new TypeConversionException("'" + value + "' is not a size; three numbers z,y,x are needed");
    }
}
