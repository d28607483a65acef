package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads comma-separated text as RFC 4180 has it: cells may stand in quotes, within which commas, line ends and doubled
 * quotes belong to the cell. Where no record has a comma outside quotes, tabs, or else semicolons, separate cells.
 */
final class CsvRecords {
    /**
     * A line, or several where a cell goes over their end.
     *
     * @param cells at least one, without white space around them
     * @param line the number of its first line, from 1
     */
    record Csv(List<String> cells, int line) {}

    private CsvRecords() {}

    /**
     * The records of a text, blank lines left out.
     *
     * @param file for errors
     * @throws InvalidDataException if a quote has no end, or text follows it within the cell
     */
    static List<Csv> parse(Path file, String text) {
        List<Csv> byComma = parse(file, text, ',');
        for (char separator : new char[] {'\t', ';'}) {
            if (byComma.stream().anyMatch(r -> r.cells.size() > 1)) {
                break;
            }
            List<Csv> records = parse(file, text, separator);
            if (!records.isEmpty() && records.stream().allMatch(r -> r.cells.size() > 1)) {
                return records;
            }
        }
        return byComma;
    }

    private static List<Csv> parse(Path file, String text, char separator) {
        List<Csv> records = new ArrayList<>();
        List<String> cells = new ArrayList<>();
        int line = 1;
        int start = 1;
        int at = 0;
        while (at < text.length()) {
            StringBuilder cell = new StringBuilder();
            while (at < text.length() && isBlank(text.charAt(at), separator)) {
                at++;
            }
            boolean quoted = at < text.length() && text.charAt(at) == '"';
            if (quoted) {
                int opened = line;
                at++;
                while (at < text.length() && (text.charAt(at) != '"' || text.startsWith("\"\"", at))) {
                    char c = text.charAt(at);
                    line += c == '\n' ? 1 : 0;
                    cell.append(c);
                    at += c == '"' ? 2 : 1;
                }
                if (at == text.length()) {
                    throw new InvalidDataException(
                            file + ":" + opened + ": a quote has no end; expected '\"' at the end of the cell");
                }
                at++;
            }
            int plain = at;
            while (at < text.length() && text.charAt(at) != separator && text.charAt(at) != '\n') {
                at++;
            }
            String rest = text.substring(plain, at).strip();
            if (quoted && !rest.isEmpty()) {
                throw new InvalidDataException(file + ":" + line + ": '" + rest + "' follows a quoted cell; expected '"
                        + separator + "', and quotes within a cell to be doubled");
            }
            cells.add(quoted ? cell.toString().strip() : rest);
            boolean last = at >= text.length() || text.charAt(at) == '\n';
            // a separator at the end of the text is followed by an empty cell
            if (!last && at + 1 == text.length()) {
                cells.add("");
                last = true;
            }
            if (last) {
                if (cells.size() > 1 || !cells.get(0).isEmpty()) {
                    records.add(new Csv(List.copyOf(cells), start));
                }
                cells.clear();
                line++;
                start = line;
            }
            at++;
        }
        return records;
    }

    private static boolean isBlank(char c, char separator) {
        return c != '\n' && c != separator && Character.isWhitespace(c);
    }
}
