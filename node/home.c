struct not_written_yet;
