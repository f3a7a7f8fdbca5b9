// SPDX-License-Identifier: Apache-2.0
/** What every file format shares: what a reader and a writer offer, the limits a reader keeps, the errors it throws. */
package org.efficientsegnet.io.format;
