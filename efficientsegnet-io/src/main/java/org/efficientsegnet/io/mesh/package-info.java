// SPDX-License-Identifier: Apache-2.0
/** Surfaces of organs as files: STL and OBJ. */
package org.efficientsegnet.io.mesh;
