package dev.wsss.examples;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Rows of text in columns; columns of numbers are flush right. */
final class Table {
    private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+)?( MB)?|\\?|-");

    private final List<String[]> rows = new ArrayList<>();

    Table(String... head) {
        rows.add(head);
    }

    void row(String... cells) {
        rows.add(Arrays.stream(cells).map(Table::printable).toArray(String[]::new));
    }

    /** Text from a file as a terminal may safely show it. */
    static String printable(String text) {
        return text.replaceAll("\\p{C}", "?");
    }

    void print(PrintWriter out) {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        boolean[] right = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            int column = c;
            widths[c] =
                    rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
            right[c] = rows.size() > 1
                    && rows.stream().skip(1).allMatch(row -> NUMBER.matcher(row[column])
                            .matches());
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String padding = " ".repeat(widths[c] - row[c].length());
                line.append(c == 0 ? "" : "  ");
                line.append(right[c] ? padding + row[c] : row[c] + padding);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
