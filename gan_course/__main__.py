"""`python -m gan_course` is `gan-course`, also where scripts are not on the path."""

from .cli import main

if __name__ == "__main__":
    main()
