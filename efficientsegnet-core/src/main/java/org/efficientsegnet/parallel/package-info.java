/** Loops over the caller's threads. */
package org.efficientsegnet.parallel;
