"""All pages together: what none of them may lack."""
