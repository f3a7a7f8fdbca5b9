// SPDX-License-Identifier: Apache-2.0
/**
 * Networks as flat lists of fused steps.
 *
 * <p>{@link org.efficientsegnet.nn.plan.SameDiffCompiler} lowers a SameDiff graph to a
 * {@link org.efficientsegnet.nn.plan.Plan}, the only class here that needs ND4J. A plan knows neither weights nor
 * hardware; {@link org.efficientsegnet.nn.plan.PlanShapes} says how large its feature maps are for an input size,
 * {@link org.efficientsegnet.nn.plan.MemoryPlan} where they lie in one block of memory, and
 * {@link org.efficientsegnet.nn.plan.PlanFile} keeps a plan in a bundle, so that ND4J can be left out where networks
 * only run. {@link org.efficientsegnet.nn.plan.RunPool} lends what an engine made of a plan to the runs.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.nn.plan;
