package choreography.contract;

/**
 * One thing that is wrong with a JSON document.
 *
 * @param pointer where: JSON Pointer (RFC 6901), empty for the document as a whole
 * @param detail  what: a phrase that never quotes the document, which may hold personal data
 */
public record Violation(String pointer, String detail) {
    @Override
    public String toString() {
        return pointer.isEmpty() ? detail : pointer + ": " + detail;
    }
}
