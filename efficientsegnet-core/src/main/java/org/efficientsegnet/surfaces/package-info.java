// SPDX-License-Identifier: Apache-2.0
/** Surfaces of organs as meshes of triangles. */
package org.efficientsegnet.surfaces;
