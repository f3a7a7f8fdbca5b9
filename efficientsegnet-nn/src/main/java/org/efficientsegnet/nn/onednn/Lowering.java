package org.efficientsegnet.nn.onednn;

import org.efficientsegnet.nn.plan.Step;

/** Turns one kind of step into calls of primitives. */
@FunctionalInterface
interface Lowering<S extends Step> {

    /** Adds the calls that compute the step. */
    void lower(S step, ProgramBuilder program);
}
