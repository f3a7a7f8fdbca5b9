/**
 * The networks: what they are made of, as values.
 *
 * <p>Arrays are in C order with axes n, c, z, y, x.
 */
package org.efficientsegnet.nn.network;
