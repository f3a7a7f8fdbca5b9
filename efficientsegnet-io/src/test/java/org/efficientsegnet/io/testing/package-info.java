// SPDX-License-Identifier: Apache-2.0
/** What the tests of all formats share. */
package org.efficientsegnet.io.testing;
