"""What has been seen of a stream: authors, threads, texts, words; all of it fades."""
