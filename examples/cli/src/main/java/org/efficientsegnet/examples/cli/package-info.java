// SPDX-License-Identifier: Apache-2.0
/** The command line program: thin commands over the library. */
package org.efficientsegnet.examples.cli;
