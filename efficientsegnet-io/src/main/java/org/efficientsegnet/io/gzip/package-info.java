/** Gzip (RFC 1952) as readers of untrusted files and writers of large ones need it. */
package org.efficientsegnet.io.gzip;
