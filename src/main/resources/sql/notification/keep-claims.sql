-- Claims that a mail server is slow to answer would end while the mail is being sent. messageIds: separated by commas.
update mail set claimed_at = clock_timestamp()
where message_id = any (string_to_array(:#${variable.messageIds}, ',')) and sent_at is null
