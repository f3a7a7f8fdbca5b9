/** Surfaces of organs as files: STL and OBJ. */
package org.efficientsegnet.io.mesh;
