// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.text;

/** Text in web pages. */
public final class Html {

    private Html() {}

    /** Text as markup that shows it; names and messages come from files, which must not bring markup into a page. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
