/** Files as a program that may be stopped at any moment writes them. */
package org.efficientsegnet.files;
