/** The engine that runs the SameDiff graphs as they are, in 32-bit arithmetic: the reference for all others. */
package org.efficientsegnet.nn.samediff;
