update mail set sent_at = clock_timestamp() where message_id = :#${variable.messageId}
