/**
 * From a scan as stored to the input of a network: resampling to a fixed size, clipping and normalisation.
 *
 * <p>All arrays are in C order with axes z, y, x.
 */
package org.efficientsegnet.preprocess;
