/** Headers made of lines of text, read with bounds. */
package org.efficientsegnet.io.text;
