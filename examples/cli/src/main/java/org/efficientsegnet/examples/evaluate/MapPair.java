// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import java.nio.file.Path;

/**
 * Two label maps of one scan.
 *
 * @param name the case
 * @param reference the map that is taken as true
 * @param prediction the other one
 */
public record MapPair(String name, Path reference, Path prediction) {}
