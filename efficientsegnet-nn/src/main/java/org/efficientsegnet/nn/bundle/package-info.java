// SPDX-License-Identifier: Apache-2.0
/**
 * Model bundles: a pair of networks with their weights and everything that surrounds them, as a directory or a zip
 * file, and the bundle that is part of the library.
 *
 * <p>A bundle holds {@code model.json}, two safetensors files, and may hold further files that {@code model.json} lists;
 * {@code coarse.plan.json} and {@code fine.plan.json} among them are the compiled networks, {@code coarse.calibration.json}
 * and {@code fine.calibration.json} tell what 8 bits have to hold in them.
 * Every file is tied to it by size and SHA-256.
 */
package org.efficientsegnet.nn.bundle;
