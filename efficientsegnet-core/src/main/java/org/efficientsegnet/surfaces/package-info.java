/** Surfaces of organs as meshes of triangles. */
package org.efficientsegnet.surfaces;
