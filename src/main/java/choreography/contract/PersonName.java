package choreography.contract;

import java.util.function.Supplier;

import com.fasterxml.jackson.databind.JsonNode;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.UnicodeSet;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.MessageSourceError;
import com.networknt.schema.SchemaContext;
import com.networknt.schema.format.Format;
import com.networknt.schema.keyword.FormatValidator;
import com.networknt.schema.path.NodePath;

/**
 * The format {@code person-name} of a schema: a text in which a person's name can be written, in any script. It is for
 * new names only; messages may hold what was accepted before.
 *
 * <p>What a character is, Unicode says, in the version of ICU4J, which is the same on every JDK:
 * <ul>
 * <li>Letters and numbers, but two blank hieroglyphs, are what shows; a name begins with one of them or an apostrophe.
 * <li>A mark, a joiner (Join_Control), a variation selector or the Mongolian vowel separator changes the letter before
 * it, so there must be one. No other character that shows nothing by itself (Default_Ignorable_Code_Point) is part of a
 * name.
 * <li>Punctuation: what joins the parts of a word (Identifier_Type Inclusion; Word_Break MidLetter, MidNumLet,
 * Single_Quote and ALetter; dashes), and comma, ampersand, parentheses; between Japanese parts also {@code ＝},
 * between Ethiopic words {@code ፡}, and after Indian initials {@code ॰}. Any other compatibility form ({@code （}) is
 * what it stands for.
 * <li>Spaces are between words. A name ends like a word, with a full stop, an apostrophe, a parenthesis or the mark
 * between Tibetan syllables.
 * </ul>
 */
final class PersonName implements Format {

    /** What shows by itself. */
    private static final UnicodeSet BASE = set("[[:L:][:N:]-[:Default_Ignorable_Code_Point:]"
            + "-[\\N{EGYPTIAN HIEROGLYPH FULL BLANK}\\N{EGYPTIAN HIEROGLYPH HALF BLANK}]]");
    private static final UnicodeSet MARK = set("[[:M:]-[:Default_Ignorable_Code_Point:]]");
    /** What shows by the letter before it only. */
    private static final UnicodeSet SELECTOR = set("[[:Join_Control:][[:M:]&[:Default_Ignorable_Code_Point:]]"
            + "\\N{MONGOLIAN VOWEL SEPARATOR}]");
    private static final UnicodeSet SPACE = set("[:Zs:]");
    private static final UnicodeSet PUNCTUATION = set("[[[:Identifier_Type=Inclusion:][:Word_Break=MidLetter:]"
            + "[:Word_Break=MidNumLet:][:Word_Break=Single_Quote:][:Word_Break=ALetter:]]&[:P:]]").addAll(set("[:Pd:]"))
            .addAll(",&()\uff1d\u0970\u1361").freeze();
    private static final UnicodeSet BEGIN = new UnicodeSet(BASE).addAll("'’‘").freeze();
    private static final UnicodeSet END = new UnicodeSet(BEGIN).addAll(MARK).addAll(SELECTOR).addAll(".)\u05f3\u0f0b")
            .freeze();

    private static final Normalizer2 NFKC = Normalizer2.getNFKCInstance();

    private static UnicodeSet set(String pattern) {
        return new UnicodeSet(pattern);
    }

    @Override
    public String getName() {
        return "person-name";
    }

    /** Unlike the formats of JSON Schema it is always asserted. */
    @Override
    public void validate(ExecutionContext execution, SchemaContext schema, JsonNode node, JsonNode root, NodePath path,
            boolean assertionsEnabled, Supplier<MessageSourceError.Builder> error, FormatValidator validator) {
        if (node.isTextual() && !isName(node.textValue())) {
            execution.addError(error.get().arguments(getName()).build());
        }
    }

    static boolean isName(String text) {
        int before = -1;
        boolean shows = false;
        for (int i = 0; i < text.length(); i += Character.charCount(before)) {
            int c = text.codePointAt(i);
            if (before < 0 ? !BEGIN.contains(standsFor(c)) : !mayFollow(before, c)) {
                return false;
            }
            shows |= BASE.contains(c);
            before = c;
        }
        return shows && END.contains(standsFor(before));
    }

    private static boolean mayFollow(int before, int c) {
        if (SELECTOR.contains(c)) {
            return BASE.contains(before) || MARK.contains(before);
        }
        if (MARK.contains(c)) {
            return BASE.contains(before) || MARK.contains(before) || SELECTOR.contains(before);
        }
        return BASE.contains(c) || SPACE.contains(c) || PUNCTUATION.contains(c) || PUNCTUATION.contains(standsFor(c));
    }

    /** @return the character of which this one is a compatibility form, itself if of none or of several */
    private static int standsFor(int c) {
        String plain = NFKC.normalize(Character.toString(c));
        return plain.codePointCount(0, plain.length()) == 1 ? plain.codePointAt(0) : c;
    }
}
