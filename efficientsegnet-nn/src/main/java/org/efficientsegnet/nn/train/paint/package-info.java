// SPDX-License-Identifier: Apache-2.0
/**
 * Samples painted from label maps, for those who have maps but no scans, or too few: each tissue gets HU of a random
 * contrast phase, with texture, content of hollow organs, lesions, a couch, arms, a head, blur and noise. They look like
 * CT from afar only; networks learn shapes and places from them, and to rely on no fixed contrast.
 */
package org.efficientsegnet.nn.train.paint;
