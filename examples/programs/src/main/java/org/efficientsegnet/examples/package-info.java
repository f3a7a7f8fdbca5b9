/** Short programs that show the library at work, each in one class. */
package org.efficientsegnet.examples;
