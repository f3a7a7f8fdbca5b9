// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures of results: three slices through the organs, in colour.
 *
 * <p>Nothing is asked of the machine but the JDK's image classes: text is drawn from outlines that come with the
 * library, so that no fonts need to be installed and a picture looks the same everywhere.
 */
package org.efficientsegnet.io.preview;
