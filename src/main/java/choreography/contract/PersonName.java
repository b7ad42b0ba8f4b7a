package choreography.contract;

import java.util.function.Supplier;

import com.fasterxml.jackson.databind.JsonNode;
import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.lang.UCharacter.IdentifierType;
import com.ibm.icu.lang.UCharacterEnums.ECharacterCategory;
import com.ibm.icu.lang.UProperty;
import com.ibm.icu.text.Normalizer2;
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
 * <li>Letters and numbers are what shows; a name begins with one of them or an apostrophe.
 * <li>A mark, a joiner (Join_Control) or a variation selector changes the letter before it, so there must be one. No
 * other character that shows nothing by itself (Default_Ignorable_Code_Point) is part of a name.
 * <li>Punctuation: what joins the parts of a word (Identifier_Type Inclusion; Word_Break MidLetter, MidNumLet,
 * Single_Quote and ALetter; dashes), and comma, ampersand, parentheses. A compatibility form ({@code （}) is what it
 * stands for.
 * <li>Spaces are between words. A name ends like a word, with a full stop, an apostrophe or a parenthesis.
 * </ul>
 */
final class PersonName implements Format {

    private static final String APOSTROPHES = "'’‘";
    private static final String OTHER_PUNCTUATION = ",&()";

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
        int before = -1; // the character before; the first one is of no kind
        boolean shows = false;
        for (int i = 0; i < text.length(); i += Character.charCount(before)) {
            int c = text.codePointAt(i);
            if (!mayFollow(before, c)) {
                return false;
            }
            shows |= isBase(c);
            before = c;
        }
        return shows && isEnd(before);
    }

    private static boolean mayFollow(int before, int c) {
        if (isBase(c)) {
            return true;
        }
        if (before < 0) {
            return APOSTROPHES.indexOf(standsFor(c)) >= 0;
        }
        if (isIgnorable(c)) {
            return (UCharacter.hasBinaryProperty(c, UProperty.JOIN_CONTROL) || isMark(c))
                    && (isBase(before) || isMark(before) && !isIgnorable(before));
        }
        if (isMark(c)) {
            return isBase(before) || isMark(before) || UCharacter.hasBinaryProperty(before, UProperty.JOIN_CONTROL);
        }
        return UCharacter.getType(c) == ECharacterCategory.SPACE_SEPARATOR || isPunctuation(standsFor(c));
    }

    private static boolean isEnd(int last) {
        return isBase(last) || isMark(last) || UCharacter.hasBinaryProperty(last, UProperty.JOIN_CONTROL)
                || (APOSTROPHES + ".)\u05f3").indexOf(standsFor(last)) >= 0;
    }

    /** What shows by itself. */
    private static boolean isBase(int c) {
        return UCharacter.isLetterOrDigit(c) && !isIgnorable(c) || isOtherNumber(c);
    }

    private static boolean isOtherNumber(int c) {
        int type = UCharacter.getType(c);
        return type == ECharacterCategory.LETTER_NUMBER || type == ECharacterCategory.OTHER_NUMBER;
    }

    private static boolean isMark(int c) {
        int type = UCharacter.getType(c);
        return type == ECharacterCategory.NON_SPACING_MARK || type == ECharacterCategory.COMBINING_SPACING_MARK
                || type == ECharacterCategory.ENCLOSING_MARK;
    }

    private static boolean isIgnorable(int c) {
        return UCharacter.hasBinaryProperty(c, UProperty.DEFAULT_IGNORABLE_CODE_POINT);
    }

    private static boolean isPunctuation(int c) {
        return OTHER_PUNCTUATION.indexOf(c) >= 0
                || UCharacter.getType(c) == ECharacterCategory.DASH_PUNCTUATION
                || UCharacter.hasIdentifierType(c, IdentifierType.INCLUSION)
                || switch (UCharacter.getIntPropertyValue(c, UProperty.WORD_BREAK)) {
                    case UCharacter.WordBreak.MIDLETTER, UCharacter.WordBreak.MIDNUMLET,
                            UCharacter.WordBreak.SINGLE_QUOTE, UCharacter.WordBreak.ALETTER -> isPunctuationMark(c);
                    default -> false;
                };
    }

    private static boolean isPunctuationMark(int c) {
        int type = UCharacter.getType(c);
        return type == ECharacterCategory.OTHER_PUNCTUATION || type == ECharacterCategory.INITIAL_PUNCTUATION
                || type == ECharacterCategory.FINAL_PUNCTUATION;
    }

    /** @return the character of which this one is a compatibility form, itself if of none or of several */
    private static int standsFor(int c) {
        String plain = Normalizer2.getNFKCInstance().normalize(Character.toString(c));
        return plain.codePointCount(0, plain.length()) == 1 ? plain.codePointAt(0) : c;
    }
}
