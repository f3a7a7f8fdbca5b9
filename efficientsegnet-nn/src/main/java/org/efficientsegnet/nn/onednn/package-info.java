/**
 * Runs plans on CPUs with the primitives of oneDNN.
 *
 * <p>{@link org.efficientsegnet.nn.onednn.OneDnnEngine} is the provider. A network is built once for its input size:
 * one class a kind of step turns it into primitives whose arguments lie in one block of memory, planned ahead; weights
 * are packed once into the layout each primitive prefers. A run then only executes primitives, one after the other, each
 * with all of the run's threads, and allocates nothing. Feature maps are channels-last throughout.
 *
 * <p>Nothing here needs ND4J but the compilation of a model that brings no plan.
 */
package org.efficientsegnet.nn.onednn;
