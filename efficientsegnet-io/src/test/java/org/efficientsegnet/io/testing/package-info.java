/** What the tests of all formats share. */
package org.efficientsegnet.io.testing;
