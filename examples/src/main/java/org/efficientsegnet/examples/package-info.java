/**
 * Short programs that show the library at work. Each is run from the jar of the command line:
 *
 * <pre>{@code
 * java -cp efficientsegnet.jar org.efficientsegnet.examples.FirstSegmentation ct.nii.gz labels.nii.gz
 * }</pre>
 */
package org.efficientsegnet.examples;
