// SPDX-License-Identifier: Apache-2.0
/** What is known about where organs lie in the body. */
package org.efficientsegnet.anatomy;
