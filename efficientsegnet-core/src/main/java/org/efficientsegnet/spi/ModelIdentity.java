// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

/**
 * Which model made a label map.
 *
 * @param name the bundle's name
 * @param version the bundle's version
 * @param sha256 over the bundle's configuration and weights, 64 hexadecimal digits
 */
public record ModelIdentity(String name, String version, String sha256) {}
