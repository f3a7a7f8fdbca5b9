// SPDX-License-Identifier: Apache-2.0
/** Random variation of samples, image and labels together; every change is a function of its seed. */
package org.efficientsegnet.nn.train.augment;
