/** The weights of networks: named tensors. */
package org.efficientsegnet.nn.weights;
