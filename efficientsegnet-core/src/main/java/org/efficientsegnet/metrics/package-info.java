/** How well two label maps agree, and what is known about the organs of one; usable without the rest of the library. */
package org.efficientsegnet.metrics;
