// SPDX-License-Identifier: Apache-2.0
/** Short programs that show the library at work, each in one class. */
package org.efficientsegnet.examples;
