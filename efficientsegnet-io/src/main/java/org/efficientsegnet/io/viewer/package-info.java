// SPDX-License-Identifier: Apache-2.0
/**
 * Results as one interactive web page: linked planes and a view in 3-D.
 *
 * <p>NiiVue draws the images; it comes with the library, and a page holds all that it needs.
 */
package org.efficientsegnet.io.viewer;
