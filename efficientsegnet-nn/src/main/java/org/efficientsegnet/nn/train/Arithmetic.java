package org.efficientsegnet.nn.train;

import org.efficientsegnet.nn.train.optimize.LossScale;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The numbers that a network is computed in while it is trained. Weights, moments and gradients are summed and kept in
 * 32 bits whatever the choice (Micikevicius et al., Mixed Precision Training, 2018, section 3.1), and so is the loss. There is no
 * bfloat16: ND4J has no gradient of a rectifier in it.
 */
public enum Arithmetic {
    /** 32 bits. */
    FLOAT32("32", DataType.FLOAT),
    /** 16 bits with 5 for the exponent: small gradients vanish and large ones overflow, hence a loss scale. */
    FLOAT16("16", DataType.FLOAT16);

    private final String label;
    private final DataType type;

    Arithmetic(String label, DataType type) {
        this.label = label;
        this.type = type;
    }

    /** As on the command line: 32 or 16. */
    public String label() {
        return label;
    }

    /** The arrays of the graph. */
    public DataType type() {
        return type;
    }

    /** The factor of the loss that training begins with. */
    public LossScale lossScale() {
        return this == FLOAT16 ? LossScale.DYNAMIC : LossScale.NONE;
    }

    /**
     * The one of a {@link #label}.
     *
     * @throws IllegalArgumentException if there is none; the message lists them
     */
    public static Arithmetic of(String label) {
        for (Arithmetic arithmetic : values()) {
            if (arithmetic.label.equals(label)) {
                return arithmetic;
            }
        }
        throw new IllegalArgumentException("the precision is 32 or 16 bits, not " + label);
    }
}
