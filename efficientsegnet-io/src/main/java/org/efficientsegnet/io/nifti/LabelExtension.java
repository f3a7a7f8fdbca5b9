// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.efficientsegnet.io.organs.OrganColor;
import org.efficientsegnet.io.organs.OrganTable;

/**
 * Names and colours of labels in a header extension, in the form of Caret and Connectome Workbench (code 30), which other
 * tools of the field, TotalSegmentator for one, write and read too.
 */
final class LabelExtension {

    private static final int CARET = 30;
    private static final int HEAD = 8;

    /** Beyond this no table of 255 names is genuine. */
    private static final int MOST_BYTES = 1 << 20;

    private LabelExtension() {}

    /** What follows the four bytes that announce extensions; empty if there are no names. */
    static byte[] of(SortedMap<Integer, String> names) {
        if (names.isEmpty()) {
            return new byte[0];
        }
        byte[] xml = xml(names).getBytes(StandardCharsets.UTF_8);
        int size = (HEAD + xml.length + 15) / 16 * 16;
        return ByteBuffer.allocate(size)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(size)
                .putInt(CARET)
                .put(xml)
                .array();
    }

    private static String xml(SortedMap<Integer, String> names) {
        StringBuilder xml = new StringBuilder(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CaretExtension>\n<VolumeInformation Index=\"0\">\n<LabelTable>\n");
        names.forEach((label, name) -> {
            OrganColor color = OrganTable.color(label, name);
            xml.append(String.format(
                    Locale.ROOT,
                    "<Label Key=\"%d\" Red=\"%.4f\" Green=\"%.4f\" Blue=\"%.4f\" Alpha=\"1\"><![CDATA[%s]]></Label>%n",
                    label,
                    color.red() / 255.0,
                    color.green() / 255.0,
                    color.blue() / 255.0,
                    name.replaceAll("\\p{Cntrl}", " ").replace("]]>", "]] >")));
        });
        return xml.append("</LabelTable>\n<VolumeType><![CDATA[Label]]></VolumeType>\n</VolumeInformation>\n")
                .append("</CaretExtension>\n")
                .toString();
    }

    /**
     * Reads the names out of a header's extensions. They are a remark and no data: what makes no sense is passed over.
     *
     * @param in behind the header proper
     * @param bytes how many there are up to the voxels
     */
    static SortedMap<Integer, String> names(InputStream in, long bytes, ByteOrder order) throws IOException {
        SortedMap<Integer, String> names = new TreeMap<>();
        byte[] all = in.readNBytes((int) Math.min(bytes, MOST_BYTES));
        if (all.length < 4 || all[0] == 0) {
            return names;
        }
        ByteBuffer b = ByteBuffer.wrap(all).order(order);
        for (int at = 4; at + HEAD <= all.length; ) {
            int size = b.getInt(at);
            if (size < HEAD || size > all.length - at) {
                break;
            }
            String text = new String(all, at + HEAD, size - HEAD, StandardCharsets.UTF_8).replace("\0", "");
            if (text.contains("<CaretExtension")) {
                read(text.substring(text.indexOf('<')), names);
            }
            at += size;
        }
        return names;
    }

    private static void read(String xml, SortedMap<Integer, String> names) {
        XMLInputFactory factory = XMLInputFactory.newInstance();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(xml.strip()));
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT
                        && reader.getLocalName().equals("Label")) {
                    String key = String.valueOf(reader.getAttributeValue(null, "Key"));
                    String name = reader.getElementText().strip();
                    if (key.matches("[1-9][0-9]{0,2}") && Integer.parseInt(key) <= 255 && !name.isEmpty()) {
                        names.put(Integer.parseInt(key), name);
                    }
                }
            }
        } catch (XMLStreamException e) {
            // Names that were read until here are kept.
            return;
        }
    }
}
