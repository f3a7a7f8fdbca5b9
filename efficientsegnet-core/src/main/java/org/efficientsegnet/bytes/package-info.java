/** Goes through byte arrays by whole words. Internal: not for programs that use the library. */
package org.efficientsegnet.bytes;
